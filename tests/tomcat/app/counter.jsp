<%@ page session="false" trimDirectiveWhitespaces="true" contentType="text/plain; charset=UTF-8"
%><%-- Counts in the session. `link` is what a page would write to keep a session without cookies. --%><%
jakarta.servlet.http.HttpSession visit = request.getSession();
Integer before = (Integer) visit.getAttribute("count");
int count = before == null ? 1 : before + 1;
visit.setAttribute("count", count);
out.println("count=" + count);
out.println("node=" + System.getProperty("node"));
out.println("session=" + visit.getId());
out.println("link=" + response.encodeURL(request.getContextPath() + request.getServletPath()));
%>
