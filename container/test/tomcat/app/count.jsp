<%@ page session="true" contentType="text/plain; charset=UTF-8" trimDirectiveWhitespaces="true" %><%
Integer before = (Integer) session.getAttribute("count");
int count = before == null ? 1 : before + 1;
session.setAttribute("count", count);
out.print(count + " " + System.getProperty("node") + " " + request.getRemoteAddr());
%>