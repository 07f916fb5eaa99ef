<%@ page session="false" contentType="application/octet-stream" trimDirectiveWhitespaces="true" %><%
// No out.print: the bytes go back as they came.
request.getInputStream().transferTo(response.getOutputStream());
%>